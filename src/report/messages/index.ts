import type { Language } from '../../contracts/report-language.ts';
import { en } from './en.ts';
import { vi } from './vi.ts';

/** All words of the report in one language; another language is one more file of this type. */
export type Messages = typeof en;

export const languages: Readonly<Record<Language, Messages>> = { en, vi };
export type { Language };

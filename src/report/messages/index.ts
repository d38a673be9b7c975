import { en } from './en.ts';

/** All words of the report in one language; another language is one more file of this type. */
export type Messages = typeof en;

export const languages: Readonly<Record<'en', Messages>> = { en };
export type Language = keyof typeof languages;

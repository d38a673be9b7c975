import type { z } from 'zod';
import { ruledText } from './values.ts';

/** A key with what `docs/config.schema.json`, editors and error messages say of it. */
export const describe = <T extends z.ZodType>(schema: T, description: string, ...examples: readonly unknown[]): T =>
  schema.meta({ description, examples: [...examples] });

/** Text that is not empty. */
export const text = ruledText({
  ok: (value) => value.trim() !== '',
  what: () => 'The text is empty.',
  hint: () => ({ fix: 'Write a value, or remove the key to get its default.' }),
});

/** Languages that the report speaks. */
export const reportLanguages = ['en', 'vi'] as const;
export type Language = (typeof reportLanguages)[number];

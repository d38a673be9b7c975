/** The numbers of the article's metrics, each a page of the report. */
export const articles = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21] as const;
export type Article = (typeof articles)[number];

/** What happened, without what to do: in Temporal's history a failure's message ends with its fix, which stands beside it, too. */
export const withoutFix = (message: string, fix: string | undefined): string =>
  fix === undefined ? message : message.replace(fix, '').trim();

/** What happened, without what to do: in Temporal's history a failure's message ends with its fix, which stands beside it, too. */
export const withoutFix = (message: string, fix: string | undefined): string =>
  fix === undefined ? message : message.replace(fix, '').trim();

/** What happened, without which request or stream met it: equal for all streams of an account whose service is out of reach. */
export const withoutPlace = (message: string): string =>
  message
    .replace(/^[A-Z]+ \S+ of \S+ stream \S+ /, '')
    .replace(
      /^not read, because it is planned from \S+, which was not read$/,
      'not read, because what they are planned from was not read',
    );

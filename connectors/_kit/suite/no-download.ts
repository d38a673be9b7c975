import type { Http } from '../contract.ts';

/** For clients of tests in which nothing is downloaded. */
export const noDownload: Http['download'] = () => {
  throw new Error('nothing is downloaded here');
};

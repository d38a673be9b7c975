import { quoted, ruledText } from './values.ts';

/** Names of buckets, as Cloud Storage has them. */
const bucket = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** Whether a place of landing is a bucket and not a folder of this machine. */
export const isBucketPlace = (place: string): boolean => place.startsWith('gs://');

/** A folder of this machine, or `gs://bucket/folder`. */
export const landingPlace = ruledText({
  ok: (value) => faultOf(value) === undefined,
  what: (value) => faultOf(value)?.what ?? '',
  hint: (value) => {
    const { fix = '', suggestion } = faultOf(value) ?? {};
    return { fix, ...(suggestion === undefined ? {} : { suggestion }) };
  },
});

type Fault = { readonly what: string; readonly fix: string; readonly suggestion?: string };

function faultOf(value: string): Fault | undefined {
  if (value.trim() === '') {
    return {
      what: 'The path is empty.',
      fix: 'Write a folder or gs://bucket/folder, or remove the key to get its default.',
    };
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\/?/i.exec(value);
  if (scheme === null) return undefined;
  const rest = value.slice(scheme[0].length);
  if (scheme[0] !== 'gs://') {
    const isMeant = /^(gs|gcs)$/i.test(scheme[1] ?? '');
    return {
      what: `Landing cannot be at ${quoted(`${scheme[1]}://`)}: only in a folder, or in a bucket of Google Cloud Storage.`,
      fix: 'Write a folder, or a bucket as gs://bucket/folder.',
      ...(isMeant && faultOf(`gs://${rest}`) === undefined ? { suggestion: `gs://${rest}` } : {}),
    };
  }
  const slash = rest.indexOf('/');
  const name = slash === -1 ? rest : rest.slice(0, slash);
  const folder = slash === -1 ? '' : rest.slice(slash + 1).replace(/\/$/, '');
  if (!bucket.test(name)) {
    return {
      what: `${quoted(name)} is not the name of a bucket.`,
      fix: 'Bucket names have lower-case letters, digits, dots, - and _, and at least three of them.',
    };
  }
  if (folder === '') {
    return {
      what: 'The bucket is named, but no folder in it: what landing removes would be everything in the bucket.',
      fix: 'Name a folder that nothing else uses.',
      suggestion: `gs://${name}/mailmart`,
    };
  }
  if (/\/\/|^\/|[*?[\]#]|\p{Cc}/u.test(folder) || folder.split('/').some((part) => part === '.' || part === '..')) {
    return {
      what: `${quoted(folder)} is not usable as a folder in a bucket.`,
      fix: 'Use names with single slashes between them, without . and .. and without * ? [ ] #.',
    };
  }
  return undefined;
}

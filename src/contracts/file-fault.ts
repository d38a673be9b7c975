const faults: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  // Of a folder that is to be made.
  EEXIST: 'it is not a folder',
  'ENOENT mkdir': 'a link in the path leads nowhere',
};

/** What is to be said of a file that cannot be used. */
export type FileFault = {
  readonly code: 'FILE_WRITE';
  /** A part of a sentence: `the disk is full`. */
  readonly reason: string;
  readonly path?: string;
  readonly fix: string;
  /** Whether it may pass by itself, or while somebody is at it: space, permissions. What is no folder stays none. */
  readonly mayPass: boolean;
};

/** Reads a failure of the file system; undefined for everything else. */
export function fileFault(error: unknown): FileFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  // Folders are made with all above them: one that is then not there is a link to nowhere, such as to a disk that is not mounted.
  return faultOf(code === 'ENOENT' && syscall === 'mkdir' ? 'ENOENT mkdir' : code, path, dest);
}

/** The same from its parts, where they came another way than as Node's error: `code` is of the system, such as EACCES. */
export function faultOf(code: string | undefined, path?: string, dest?: string): FileFault | undefined {
  const reason = code === undefined ? undefined : faults[code];
  // A write to an open file names no path; of these only what does is surely about a file.
  if (reason === undefined || (path === undefined && code !== 'ENOSPC' && code !== 'EDQUOT')) return undefined;
  const place = dest ?? path;
  return {
    code: 'FILE_WRITE',
    reason,
    ...(place !== undefined && { path: place }),
    fix:
      code === 'EROFS'
        ? 'Make that disk writable (findmnt -T and the path name its mount), or keep the project on another one.'
        : 'Check its permissions (ls -ld) and the free space (df -h).',
    mayPass: !['ENOTDIR', 'EISDIR', 'EEXIST'].includes(String(code)),
  };
}

/** Says it in words, without a full stop: `/p/costs.csv cannot be used: the disk is full`. */
export const faultText = ({ path, reason }: FileFault, unnamed = 'A file'): string =>
  `${path ?? unnamed} cannot be used: ${reason}`;

import { expect, test } from 'vitest';
import { describeError } from './describe-error.ts';

test('a full disk is named, also where the write knows no path: by its number the file system does not say which file it was', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  expect(describeError(error)).toEqual({
    code: 'FILE_WRITE',
    exit: 'error',
    what: 'The file cannot be used: the disk is full.',
    fix: expect.stringContaining('df -h'),
  });
  expect(describeError(Object.assign(error, { path: '/data/x' }))).toMatchObject({ where: '/data/x' });
});

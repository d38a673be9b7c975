export { openDuckdb } from './open.ts';
export { openPublished, type Published } from './published.ts';
export { tableHash } from './table-hash.ts';
export { publishTo } from './publish-rows.ts';
export { openTransferSource } from './transfer.ts';
export { restore } from './errors.ts';
export { unusable } from './look.ts';

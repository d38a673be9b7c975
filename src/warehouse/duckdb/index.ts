export { openDuckdb, type DuckdbOptions } from './open.ts';
export {
  openPublished,
  type Published,
  type PublishedColumn,
  type PublishedOptions,
  type PublishedResult,
  type PublishedStream,
} from './published.ts';
export { tableHash, type Query } from './table-hash.ts';

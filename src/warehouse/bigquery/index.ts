export { openBigquery, type BigqueryOptions } from './open.ts';
export { openTransferTarget } from './transfer.ts';

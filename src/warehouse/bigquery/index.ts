export { openBigquery } from './open.ts';
export { openTransferTarget } from './transfer.ts';

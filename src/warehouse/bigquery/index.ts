export { openBigquery } from './open.ts';

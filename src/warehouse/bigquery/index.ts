export { openBigquery, type BigqueryOptions } from './open.ts';

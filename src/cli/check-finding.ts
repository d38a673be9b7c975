import type { CheckFinding } from '../../connectors/_kit/contract.ts';
import type { ErrorCode } from './error-catalogue.ts';
import type { ExitName } from './exit-codes.ts';

/** One line of `mailmart check`. */
export type Finding = CheckFinding & {
  /** What it is about: mailmart, warehouse, temporal, or the id of a source. */
  readonly group: string;
  readonly code?: ErrorCode;
};

export type FindingCounts = Readonly<Record<Finding['status'], number>>;

/** Counts and the exit code: the most basic failure decides, because it has to be fixed first. */
export function worstOf(findings: readonly Finding[]): { readonly exit: ExitName; readonly counts: FindingCounts } {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const counts = { ok: count('ok'), warning: count('warning'), failed: count('failed'), skipped: count('skipped') };
  const failed = findings.filter((finding) => finding.status === 'failed');
  if (failed.length === 0) return { exit: 'done', counts };
  const isConfig = (finding: Finding): boolean =>
    /^(?:CONFIG|SECRET)_/.test(finding.code ?? '') || finding.item === 'config';
  const isSignIn = (finding: Finding): boolean => /^(?:credentials|permission|data_centre)/.test(finding.item);
  const isQuota = (finding: Finding): boolean => finding.code === 'SOURCE_QUOTA';
  if (failed.some(isConfig)) return { exit: 'config', counts };
  if (failed.some(isSignIn)) return { exit: 'signIn', counts };
  return { exit: failed.every(isQuota) ? 'quota' : 'error', counts };
}

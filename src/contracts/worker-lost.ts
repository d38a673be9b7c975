/**
 * Type of the failure with which a starting worker ends what a lost one had begun. It is not retried by the server,
 * whose attempts are for failures of the work; the workflow begins the activity anew at once.
 */
export const workerLost = 'worker_lost';

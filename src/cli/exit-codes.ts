/** Exit codes, the same for every command. */
export const exitCodes = {
  done: { code: 0, meaning: 'Done, and the data is complete.' },
  error: { code: 1, meaning: 'An error that none of the other codes names.' },
  usage: { code: 2, meaning: 'The command line is wrong: unknown command or option, missing argument.' },
  config: { code: 3, meaning: 'The configuration is missing or wrong, or a secret cannot be read.' },
  signIn: { code: 4, meaning: 'A source refused the credentials, or they lack a permission.' },
  incomplete: { code: 5, meaning: 'Published, but data is missing: the message says which.' },
  dataTest: { code: 6, meaning: 'A data test failed: the last good tables were kept.' },
  quota: { code: 7, meaning: 'A quota is used up; the next run goes on from here.' },
  changes: { code: 8, meaning: 'Changes are pending (for commands that only look).' },
  interrupted: { code: 130, meaning: 'Interrupted by you; run it again to go on.' },
} as const;

export type ExitName = keyof typeof exitCodes;

/** Written by the step src/transform/steps/user-agents.ts, which reads int_user_agent. */
declare({
  schema: 'core',
  name: 'dim_user_agent',
  description:
    'One row per user agent: whose program it is. Written by the step user-agents from int_user_agent, with ' +
    'libraries and the rules in src/transform/steps/agent-rules.ts; made again when either changes. Inside ' +
    'BigQuery’s own Dataform it keeps its last values.',
  columns: {
    user_agent: columns.shared.user_agent,
    client: 'E-mail client, or the browser that a mail was read in; unknown when the agent does not tell',
    device: 'mobile, tablet, desktop or unknown; a proxy hides the reader’s device',
    os: 'Operating system; unknown behind a proxy',
    is_proxy: 'Whether a server fetched it in the reader’s place',
    is_machine: 'Whether nobody read: a proxy that fetches on arrival, a scanner, a bot',
    machine_rule: 'Rule that decided is_machine; user_agent for an ordinary program of a person',
  },
});

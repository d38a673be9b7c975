/**
 * Human, machine or unknown: how detectors of different trust become one word. Each is [SQL bool, SQL text]: whether it says
 * machine (NULL where it could not apply), and its name; the most trusted first. One that says machine decides; human needs one
 * that applied. A source lists those it has, and the rule that decided stays beside the event.
 */
const any = (detectors, test) => detectors.map(([said]) => `${said} ${test}`).join(' or ');

const isMachine = (detectors) => `case
        when ${any(detectors, '= true')} then true
        when ${any(detectors, 'is not null')} then false
    end`;

const rule = (detectors) => `case
        ${['= true', 'is not null']
          .flatMap((test) => detectors.map(([said, name]) => `when ${said} ${test} then ${name}`))
          .join('\n        ')}
    end`;

/** What the user agent says, of dim_user_agent under this alias. */
const ofAgent = (agents) => [`${agents}.is_machine`, `${agents}.machine_rule`];

module.exports = { isMachine, rule, ofAgent };

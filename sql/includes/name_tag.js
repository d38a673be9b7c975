/**
 * Pattern (RE2) of a merge tag that puts the recipient's name into a subject, in the syntax of the usual services. The sender's and
 * the product's names are none: `*|LIST:NAME|*`, `{{ company_name }}`.
 */
const name =
  '((subscriber|contact|recipient|person|member|user|customer|profile)\\.)?' +
  '(f|l|first|last|full|nick|given|sur|user)?[_ ]?name(_fix)?';

const tags = [
  `\\*\\|(title:)?${name}\\|\\*`, // *|FNAME|*
  `\\{\\{\\{?#?([a-z]+ )? *${name}([ |][^}]*)?\\}?\\}\\}`, // {{first_name}}  {{ subscriber.first_name | default: "you" }}  {{insert name "default=you"}}
  `\\{!?${name}\\}`, // {!firstname}
  `\\[${name}(,[^\\]]*)?\\]`, // [firstname,fallback=you]
  `%%?${name}%%?`, // [%first_name%]  %%name%%
];

module.exports = { pattern: `(?i)(${tags.join('|')})` };

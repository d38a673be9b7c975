/** Raw tables that the models read: source → streams. The runner creates those that do not exist yet, empty. */
module.exports = {
  mailchimp: [
    'lists',
    'members',
    'campaigns',
    'reports',
    'sub_reports',
    'sent_to',
    'email_activity',
    'open_details',
    'unsubscribes',
    'click_details',
    'abuse_reports',
    'automation_emails',
    'orders',
  ],
  file: ['campaigns', 'recipients', 'events', 'orders', 'conversions', 'costs', 'other_revenue', 'fx_rates'],
};

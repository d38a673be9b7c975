-- What a person writes who wants these numbers once: from typed staging, in one go, nothing kept, nothing checked.
create temp table campaign_member as
with
opens as (
    select campaign_id, member_id, count(*) as opens
    from staging.stg_mailchimp__email_activity
    where action = 'open'
    group by all
),
judged as (
    select campaign_id, member_id, count(*) filter (not is_proxy_open) as human_opens, count(*) filter (is_proxy_open) as machine_opens
    from staging.stg_mailchimp__open_details
    group by all
),
first_clicks as (
    select campaign_id, member_id, min(event_at) as first_at, count(*) as clicks
    from staging.stg_mailchimp__email_activity
    where action = 'click'
    group by all
),
links as (
    select campaign_id, count(distinct url) as link_count
    from staging.stg_mailchimp__click_details
    group by all
),
clicks as (
    select
        c.campaign_id,
        c.member_id,
        any_value(f.clicks) as clicks,
        count(*) filter (c.event_at <= f.first_at + interval 10 second) as early,
        count(distinct c.url) filter (c.event_at <= f.first_at + interval 10 second) as early_links
    from staging.stg_mailchimp__email_activity as c
    join first_clicks as f using (campaign_id, member_id)
    where c.action = 'click'
    group by all
)
select
    s.campaign_id,
    s.member_id,
    s.status in ('hard', 'soft') as is_bounced,
    coalesce(o.opens, 0) as opens,
    coalesce(j.human_opens, 0) as human_opens,
    coalesce(j.machine_opens, 0) as machine_opens,
    coalesce(c.clicks, 0) as clicks,
    coalesce(c.clicks - case when l.link_count >= 2 and c.early_links = l.link_count then c.early else 0 end, 0) as human_clicks
from staging.stg_mailchimp__sent_to as s
left join opens as o using (campaign_id, member_id)
left join judged as j using (campaign_id, member_id)
left join clicks as c using (campaign_id, member_id)
left join links as l using (campaign_id);

create temp table campaign as
select
    campaign_id,
    count(*) as sent_count,
    count(*) filter (is_bounced) as bounce_count,
    sum(opens) as total_open_count,
    count(*) filter (opens > 0) as unique_open_count,
    count(*) filter (human_opens > 0) as human_unique_open_count,
    count(*) filter (clicks > 0) as unique_click_count,
    count(*) filter (human_clicks > 0) as human_unique_click_count
from campaign_member
group by campaign_id;

create temp table member as
with
reading as (
    select
        member_id,
        count(*) as mailed_count,
        count(*) filter (human_opens > 0) as opened_count,
        count(*) filter (human_clicks > 0) as clicked_count
    from campaign_member
    group by member_id
),
people as (
    select member_id, any_value(subscriber_id) as subscriber_id, min(signup_at) as signup_at
    from staging.stg_mailchimp__members
    group by member_id
),
orders as (
    select subscriber_id, count(*) as order_count, sum(order_total) as revenue,
        sum(order_total) filter (financial_status = 'refunded') as refunds
    from staging.stg_mailchimp__orders
    group by subscriber_id
)
select p.subscriber_id, r.mailed_count, r.opened_count, r.clicked_count, o.order_count, o.revenue, o.refunds
from people as p
left join reading as r using (member_id)
left join orders as o using (subscriber_id);

-- Mailed in the last 90 days, and of those who opened or clicked, on every day: ends of intervals, summed.
create temp table audience as
with
days as (
    select s.member_id, cast(timezone('Europe/Berlin', timezone('UTC', c.sent_at)) as date) as day, true as is_mail
    from staging.stg_mailchimp__sent_to as s
    join staging.stg_mailchimp__campaigns as c using (campaign_id)
    union all
    select distinct member_id, cast(timezone('Europe/Berlin', timezone('UTC', opened_at)) as date) as day, false as is_mail
    from staging.stg_mailchimp__open_details
    where not is_proxy_open
    union all
    select distinct a.member_id, cast(timezone('Europe/Berlin', timezone('UTC', a.event_at)) as date) as day, false as is_mail
    from staging.stg_mailchimp__email_activity as a
    join campaign_member as m using (campaign_id, member_id)
    where a.action = 'click' and m.human_clicks > 0
),
by_day as (
    select member_id, day, bool_or(is_mail) as is_mail, bool_or(not is_mail) as is_read
    from days
    group by all
),
spans as (
    select
        day,
        coalesce(lead(day) over w, date '9999-12-31') as next_day,
        max(case when is_mail then day end) over w as mailed,
        max(case when is_read then day end) over w as read
    from by_day
    window w as (partition by member_id order by day)
),
steps as (
    select day, count(*) as mailed, count(*) filter (read + 90 > day) as active from spans where mailed + 90 > day group by all
    union all
    select least(next_day, mailed + 90), -count(*), 0 from spans where mailed + 90 > day group by all
    union all
    select least(next_day, mailed + 90, read + 90), 0, -count(*) from spans where mailed + 90 > day and read + 90 > day group by all
)
select day, sum(sum(mailed)) over (order by day) as mailed_count, sum(sum(active)) over (order by day) as active_count
from steps
group by day;

create temp table cohort as
select
    date_trunc('month', m.signup_at) as signup_month,
    date_diff('month', m.signup_at, o.ordered_at) as age,
    count(distinct o.subscriber_id) as buyers,
    sum(o.order_total) as revenue
from staging.stg_mailchimp__members as m
join staging.stg_mailchimp__orders as o using (subscriber_id)
group by all;

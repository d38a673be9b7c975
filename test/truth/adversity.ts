import { secondsOf } from '../../src/demo/instant.ts';
import { proxyAgent } from '../../src/demo/sendgrid-agents.ts';
import type { SgEvent, SgMessage, SgSingleSend, SendgridWorld } from '../../src/demo/sendgrid-types.ts';
import type { Campaign, Click, Seconds, Send, World } from '../../src/demo/types.ts';

/** What may befall one campaign of a demo world. Both services know each of them, but for what only one can show. */
export const adversities = [
  'none',
  'no sends',
  'one recipient',
  'all machines',
  'all bounced',
  'everything twice',
  'no tracking',
  'sent at midnight',
  'sent before midnight',
  'spring forward',
  'fall back',
] as const;
export type Adversity = (typeof adversities)[number];

/** Edges of days and of daylight saving in Berlin, which is the company's zone. */
const edges: Readonly<Partial<Record<Adversity, Seconds>>> = {
  'sent at midnight': secondsOf('2026-05-14T22:00:00Z'),
  'sent before midnight': secondsOf('2026-05-14T21:59:59Z'),
  // At 01:00 UTC the clock goes from 02:00 to 03:00, and in autumn from 03:00 back to 02:00.
  'spring forward': secondsOf('2026-03-29T00:59:59Z'),
  'fall back': secondsOf('2025-10-26T00:59:59Z'),
};

/** The world in which the n-th sent campaign of each service meets the n-th adversity of its list; others are as they were. */
export function adverse(world: World, mailchimp: readonly Adversity[], sendgrid: readonly Adversity[]): World {
  const campaigns = world.campaigns.filter(
    ({ sentAt, type }) => sentAt !== null && sentAt <= world.now && type === 'regular',
  );
  const sends = world.sendgrid.singleSends.filter(
    ({ sentAt, test }) => sentAt !== null && sentAt <= world.now && test === null,
  );
  const changed = campaigns.reduce((so, campaign, n) => befallCampaign(so, campaign, mailchimp[n] ?? 'none'), world);
  return {
    ...changed,
    sendgrid: sends.reduce((so, send, n) => befallSend(so, send, sendgrid[n] ?? 'none'), changed.sendgrid),
  };
}

type MemberFact = { readonly campaignId: string; readonly member: number; readonly at: Seconds };

function befallCampaign(world: World, campaign: Campaign, adversity: Adversity): World {
  const { id } = campaign;
  const own = (fact: { readonly campaignId: string }): boolean => fact.campaignId === id;
  const facts = ['opens', 'clicks', 'bounces', 'unsubscribes', 'complaints', 'forwards'] as const;
  const keeping = (isKept: (fact: MemberFact) => boolean): World => {
    const keep = <T extends MemberFact>(all: readonly T[]): readonly T[] =>
      all.filter((fact) => !own(fact) || isKept(fact));
    const { opens, clicks, bounces, unsubscribes, complaints, forwards, sends } = world;
    return {
      ...world,
      sends: keep(sends),
      opens: keep(opens),
      clicks: keep(clicks),
      bounces: keep(bounces),
      unsubscribes: keep(unsubscribes),
      complaints: keep(complaints),
      forwards: keep(forwards),
    };
  };
  const edge = edges[adversity];
  if (edge !== undefined) return movedTo(world, campaign, edge, facts);
  switch (adversity) {
    case 'no sends':
      return keeping(() => false);
    case 'one recipient': {
      const only = world.sends.find(own)?.member;
      return keeping(({ member }) => member === only);
    }
    case 'all machines':
      return {
        ...world,
        opens: world.opens.map((open) => (own(open) ? { ...open, isProxy: true } : open)),
        clicks: world.clicks.flatMap((click) => (own(click) ? burst(click, campaign) : [click])),
      };
    case 'all bounced': {
      const silent = keeping((fact) => world.sends.includes(fact as Send));
      const bounces = world.sends
        .filter((send) => own(send))
        .map(({ member, at }, n) => ({
          campaignId: id,
          member,
          at: at + 60,
          kind: n % 2 === 0 ? ('hard' as const) : ('soft' as const),
        }));
      return { ...silent, bounces: inOrder(world, [...silent.bounces, ...bounces]) };
    }
    case 'everything twice': {
      const twice = <T extends MemberFact>(all: readonly T[]): readonly T[] =>
        all.flatMap((fact) => (own(fact) ? [fact, fact] : [fact]));
      return { ...world, opens: twice(world.opens), clicks: twice(world.clicks) };
    }
    case 'no tracking':
      return {
        ...world,
        opens: world.opens.filter((open) => !own(open)),
        clicks: world.clicks.filter((click) => !own(click)),
        campaigns: world.campaigns.map((one) =>
          one.id === id ? { ...one, tracksOpens: false, tracksClicks: false } : one,
        ),
      };
    default:
      return world;
  }
}

/** Follows every link of the mail at once, as a scanner does. */
function burst(click: Click, { links }: Campaign): readonly Click[] {
  return links.length < 2 ? [] : links.map((_link, link) => ({ ...click, link, isScanner: true }));
}

/** Moves a campaign and all that came of it, so that it is sent at an edge; the first reactions lie on and around the edge. */
function movedTo(
  world: World,
  campaign: Campaign,
  edge: Seconds,
  facts: readonly ('opens' | 'clicks' | 'bounces' | 'unsubscribes' | 'complaints' | 'forwards')[],
): World {
  const by = edge - (campaign.sentAt ?? 0);
  const move = <T extends MemberFact & { readonly knownAt?: Seconds }>(all: readonly T[], isReaction: boolean): T[] => {
    let n = 0;
    return all.map((fact) => {
      if (fact.campaignId !== campaign.id) return fact;
      // One, two, three seconds after the send: on the edge itself, and to both sides of it.
      const at = isReaction && (n += 1) <= 6 ? edge + Math.ceil(n / 2) : fact.at + by;
      return { ...fact, at, ...(fact.knownAt === undefined ? {} : { knownAt: Math.max(at, fact.knownAt + by) }) };
    });
  };
  const moved = Object.fromEntries(
    facts.map((name) => [name, inOrder(world, move<MemberFact>(world[name], name === 'opens' || name === 'clicks'))]),
  ) as Partial<World>;
  return {
    ...world,
    ...moved,
    forwards: world.forwards.map((forward) =>
      forward.campaignId === campaign.id
        ? { ...forward, at: forward.at + by, openedAt: forward.openedAt.map((at) => at + by) }
        : forward,
    ),
    sends: inOrder(world, move(world.sends, false)),
    campaigns: world.campaigns.map((one) =>
      one.id === campaign.id ? { ...one, sentAt: edge, createdAt: Math.min(one.createdAt, edge - 3600) } : one,
    ),
  };
}

/** As the arrays of a world are sorted. */
function inOrder<T extends MemberFact>(world: World, facts: readonly T[]): readonly T[] {
  const rank = new Map(world.campaigns.map((campaign, index) => [campaign.id, index]));
  return facts.toSorted(
    (a, b) => (rank.get(a.campaignId) ?? 0) - (rank.get(b.campaignId) ?? 0) || a.at - b.at || a.member - b.member,
  );
}

function befallSend(sendgrid: SendgridWorld, send: SgSingleSend, adversity: Adversity): SendgridWorld {
  const isOwn = (event: SgEvent): boolean => sendgrid.messages[event.message]?.singleSendId === send.id;
  const edge = edges[adversity];
  if (edge !== undefined) return sendMovedTo(sendgrid, send, edge, isOwn);
  switch (adversity) {
    case 'no sends':
      return withMessages(sendgrid, ({ singleSendId }) => singleSendId !== send.id);
    case 'one recipient': {
      const only = sendgrid.messages.find(({ singleSendId }) => singleSendId === send.id);
      return withMessages(sendgrid, (message) => message.singleSendId !== send.id || message === only);
    }
    case 'all machines':
      return {
        ...sendgrid,
        events: sendgrid.events
          .filter((event) => !isOwn(event) || event.kind !== 'click')
          .map((event) =>
            isOwn(event) && event.kind === 'open' ? { ...event, isMachine: true, userAgent: proxyAgent } : event,
          ),
      };
    case 'all bounced':
      return {
        ...sendgrid,
        events: sendgrid.events.flatMap((event): readonly SgEvent[] => {
          if (!isOwn(event) || event.kind === 'processed' || event.kind === 'dropped') return [event];
          if (event.kind !== 'delivered') return [];
          const isHard = event.message % 2 === 0;
          return [
            {
              ...event,
              kind: 'bounce',
              bounceType: isHard ? 'bounce' : 'blocked',
              reason: isHard ? '550 5.1.1 no such user' : '550 5.7.1 refused',
              status: isHard ? '5.1.1' : '5.7.1',
            },
          ];
        }),
      };
    default:
      // SendGrid has no campaigns without tracking here, and tells an event once: what comes twice is posted twice.
      return sendgrid;
  }
}

function sendMovedTo(
  sendgrid: SendgridWorld,
  send: SgSingleSend,
  edge: Seconds,
  isOwn: (event: SgEvent) => boolean,
): SendgridWorld {
  const by = edge - (send.sentAt ?? 0);
  return {
    ...sendgrid,
    singleSends: sendgrid.singleSends.map((one) =>
      one.id === send.id ? { ...one, sentAt: edge, createdAt: Math.min(one.createdAt, edge - 3600) } : one,
    ),
    messages: sendgrid.messages.map((message) =>
      message.singleSendId === send.id ? { ...message, at: message.at + by } : message,
    ),
    events: sendgrid.events
      .map((event) => (isOwn(event) ? { ...event, at: event.at + by, knownAt: event.knownAt + by } : event))
      .toSorted((a, b) => a.at - b.at || a.message - b.message),
  };
}

/** Without some messages and what happened to them; events name messages by their place. */
function withMessages(sendgrid: SendgridWorld, isKept: (message: SgMessage) => boolean): SendgridWorld {
  const kept = sendgrid.messages.filter(isKept);
  const place = new Map(kept.map((message, index) => [message.index, index]));
  return {
    ...sendgrid,
    messages: kept.map((message, index) => ({ ...message, index })),
    events: sendgrid.events.flatMap((event) => {
      const message = place.get(event.message);
      return message === undefined ? [] : [{ ...event, message }];
    }),
  };
}

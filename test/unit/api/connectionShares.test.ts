import { ConnectionShares } from '../../../src/api/connections/connectionShares';

class Caller {
  isClosed = false;
  destroy(): void {
    this.isClosed = true;
  }
}

/** Room for ten, of which six without a key; two without a key always find room. */
function shares() {
  const all = new ConnectionShares({ max: 10, maxWithoutKey: 6, reservedWithoutKey: 2 });
  function open(address: string) {
    const caller = new Caller();
    return { caller, isTaken: all.add(caller, { address }) };
  }
  return {
    all,
    open,
    many: (count: number, address: string) => Array.from({ length: count }, () => open(address).caller),
    /** Ones that have shown the tenant's key. */
    known(count: number, tenantId: string) {
      return Array.from({ length: count }, () => {
        const { caller } = open('proxy');
        all.showedKey(caller, { tenantId });
        return caller;
      });
    },
  };
}

const closedOf = (callers: Caller[]) => callers.map(({ isClosed }) => isClosed);

test('silent connections of one address: each new one closes its oldest, those of others stay', () => {
  const { open, many } = shares();
  const other = many(1, 'other');
  const silent = many(5, 'greedy');
  expect(open('greedy').isTaken).toBe(true);
  expect(open('new').isTaken).toBe(true);
  expect(closedOf(silent)).toEqual([true, true, false, false, false]);
  expect(closedOf(other)).toEqual([false]);
});

test('one with a call under way is closed only when all are, and only for one who has fewer', () => {
  const { all, open, many } = shares();
  const busy = many(6, 'greedy');
  for (const caller of busy) all.began(caller);
  expect(open('greedy').isTaken).toBe(false);
  expect(closedOf(busy)).not.toContain(true);
  expect(open('new').isTaken).toBe(true);
  expect(closedOf(busy)).toEqual([true, false, false, false, false, false]);
});

test('a connection whose call is answered is idle again, as the youngest', () => {
  const { all, open, many } = shares();
  const callers = many(6, 'greedy');
  const [first, second] = callers;
  all.began(first as Caller);
  all.ended(first as Caller);
  open('new');
  expect([first?.isClosed, second?.isClosed]).toEqual([false, true]);
});

test('a tenant with all connections that have a key loses one for another tenant, not for a silent one', () => {
  const { all, open, known } = shares();
  const greedy = known(8, 'greedy');
  for (const caller of greedy) all.began(caller);
  const { caller } = open('b');
  all.showedKey(caller, { tenantId: 'b' });
  expect(caller.isClosed).toBe(false);
  expect(closedOf(greedy)).toEqual([true, ...Array(7).fill(false)]);
  for (let silent = 0; silent < 20; silent++) open('silent');
  expect(closedOf(greedy)).toEqual([true, ...Array(7).fill(false)]);
});

test('a tenant that has the most gets no further one while all of its are busy', () => {
  const { all, open, known } = shares();
  const greedy = known(8, 'greedy');
  for (const caller of greedy) all.began(caller);
  const { caller } = open('proxy');
  all.showedKey(caller, { tenantId: 'greedy' });
  expect(caller.isClosed).toBe(true);
  expect(closedOf(greedy)).not.toContain(true);
});

test('when all are in use, silent ones make room up to what is kept for them', () => {
  const { open, many, known } = shares();
  const tenant = known(6, 'tenant');
  const silent = many(4, 'silent');
  open('new');
  open('another');
  expect(closedOf(silent)).toEqual([true, true, false, false]);
  expect(closedOf(tenant)).not.toContain(true);
});

test('connections that are gone leave room', () => {
  const { all, open, many } = shares();
  const callers = many(6, 'one');
  for (const caller of callers) all.delete(caller);
  expect(open('one').isTaken).toBe(true);
  expect(closedOf(callers)).not.toContain(true);
  all.delete(new Caller());
});

test('a proxy may send the calls of several tenants over one connection', () => {
  const { all, open } = shares();
  const { caller } = open('proxy');
  all.began(caller);
  all.showedKey(caller, { tenantId: 'a' });
  all.showedKey(caller, { tenantId: 'b' });
  all.ended(caller);
  expect(caller.isClosed).toBe(false);
});

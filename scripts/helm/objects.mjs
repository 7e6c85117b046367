import { BlockList, isIPv6 } from 'node:net';

export function find(objects, kind, name) {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

export const kinds = (objects) => objects.map(({ kind }) => kind);

/** Of a Deployment or a Job. */
export const containerOf = (workload) => workload.spec.template.spec.containers[0];

/** Name to value, or to where the value comes from. @throws when a name is there twice. */
export function environmentOf({ env }) {
  const entries = env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]);
  if (new Set(entries.map(([name]) => name)).size !== entries.length) throw new Error('a variable is set twice');
  return Object.fromEntries(entries);
}

export const egressPeers = ({ spec }) => spec.egress.flatMap(({ to = [] }) => to);

/** Whether a NetworkPolicy lets its pods reach an address that is known by its number alone. */
export function reaches({ spec }, address, port) {
  return spec.egress.some(
    ({ to, ports }) => isAmong(ports, port) && to.some(({ ipBlock }) => ipBlock && isWithin(ipBlock, address)),
  );
}

const isAmong = (ports, port) =>
  ports.some(({ protocol, port: first, endPort = first }) => protocol === 'TCP' && first <= port && port <= endPort);

function isWithin({ cidr, except = [] }, address) {
  return holds([cidr], address) && !holds(except, address);
}

/** Networks of the address's own family: for a BlockList every IPv4 address is an IPv6 one too. */
function holds(cidrs, address) {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  for (const [network, prefix] of cidrs.map((cidr) => cidr.split('/'))) {
    if (isIPv6(network) === isIPv6(address)) list.addSubnet(network, Number(prefix), family);
  }
  return list.check(address, family);
}

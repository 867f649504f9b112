/** Networks of IPv4 that are not public (IANA's special-purpose registry): address and number of leading bits. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, and all that is reserved.
  ['224.0.0.0', 3],
];

/** What is not public within 2000::/3, the only part of IPv6 that is: documentation, and addresses with IPv4 ones in them. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

/**
 * Whether an IP address belongs to the public internet: not to this machine, its network, or a cloud's metadata.
 *
 * @param address as a resolver or `URL.hostname` writes it; brackets around IPv6 are allowed
 */
export function isPublicAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== undefined)
    return !PRIVATE_V4.some(([network, bits]) => isWithin(v4, parseV4(network), 32, bits));
  const v6 = parseV6(address);
  if (v6 === undefined || !isWithin(v6, parseV6('2000::'), 128, 3)) return false;
  return !PRIVATE_V6.some(([network, bits]) => isWithin(v6, parseV6(network), 128, bits));
}

/** Whether a host of a URL is an address instead of a name. */
export function isAddress(hostname: string): boolean {
  return parseV4(hostname) !== undefined || hostname.includes(':');
}

function isWithin(address: bigint, network: bigint | undefined, size: number, bits: number): boolean {
  const shift = BigInt(size - bits);
  return network !== undefined && address >> shift === network >> shift;
}

function parseV4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts?.every((part) => part <= 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const bare = text.replace(/^\[|\]$/g, '');
  if (!URL.canParse(`http://[${bare}]`)) return undefined;
  // Written with hexadecimal groups only, and with one gap at most.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...gap, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

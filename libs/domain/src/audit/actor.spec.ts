import { storableAddress } from './actor';

it.each(['192.0.2.7', '::1', '2001:db8::7', '::ffff:192.0.2.7'])('keeps %s', (address) => {
  expect(storableAddress(address)).toBe(address);
});

it.each([null, '', 'unknown', '192.0.2.7:5678', '[::1]:80', 'fe80::1%eth0', '999.1.1.1'])('keeps nothing of %j', (address) => {
  expect(storableAddress(address)).toBeNull();
});

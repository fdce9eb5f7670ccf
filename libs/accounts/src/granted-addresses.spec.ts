import { mailboxOf } from './granted-addresses';

it.each([
  ['Ada@Example.com', 'ada@example.com'],
  [' ada+trial@example.com ', 'ada@example.com'],
  ['a.d.a+1@GoogleMail.com', 'ada@gmail.com'],
  ['a.da@example.com', 'a.da@example.com'],
  ['nobody', '@'],
])('%s is %s', (email, mailbox) => {
  expect(mailboxOf(email)).toBe(mailbox);
});

import { Index } from 'typeorm';
import { Bytes, Table, Time } from '../columns';

/** The digest of an address whose erased account had its sign-up grant. */
@Table('granted_addresses')
@Index('granted_addresses_created_idx', ['createdAt'])
export class GrantedAddress {
  @Bytes({ primary: true }) digest!: Buffer;
  @Time({ default: 'now' }) createdAt!: Date;
}

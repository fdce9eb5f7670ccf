import { Index } from 'typeorm';
import { Bytes, SmallInt, Table, Text, Time, Uuid } from '../columns';

/** Data key of an organization (or of nobody: the nil UUID), wrapped by the key-encryption key. */
@Table('data_keys')
@Index('data_keys_kek_idx', ['kekId'])
export class DataKey {
  @Uuid({ primary: true }) scopeId!: string;
  @SmallInt({ primary: true, checked: true }) version!: number;
  @Text() kekId!: string;
  @Bytes() wrappedKey!: Buffer;
  @Time({ nullable: true }) retiredAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
  @Time({ default: 'now' }) updatedAt!: Date;
}

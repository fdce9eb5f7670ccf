import { Index, Unique } from 'typeorm';
import { Id, Table, Text, Time, Uuid } from '../columns';

/** An object in the object store, announced before it is written. */
@Table('stored_objects')
@Unique(['key'])
@Index('stored_objects_org_idx', ['organizationId'])
@Index('stored_objects_created_idx', ['createdAt'])
export class StoredObject {
  @Id() id!: string;
  @Uuid({ references: 'organizations', onDelete: 'RESTRICT' }) organizationId!: string;
  @Text() key!: string;
  /** Set: no blob may name it any more; it is being removed. */
  @Time({ nullable: true }) doomedAt!: Date | null;
  @Time({ default: 'now' }) createdAt!: Date;
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
CREATE TABLE stored_objects (  -- an object in the store, announced before it is written: what no blob names is removed
  id              uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations(id) ON DELETE RESTRICT,
  key             text NOT NULL UNIQUE,
  doomed_at       timestamptz,  -- from now on no blob may name it
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stored_objects_org_idx     ON stored_objects (organization_id);
CREATE INDEX stored_objects_created_idx ON stored_objects (created_at);

ALTER TABLE blobs ADD COLUMN object_id uuid REFERENCES stored_objects(id) ON DELETE RESTRICT, ALTER COLUMN content DROP NOT NULL;
ALTER TABLE blobs ADD CONSTRAINT blobs_one_place_ck CHECK ((content IS NULL) <> (object_id IS NULL));
CREATE UNIQUE INDEX blobs_object_uq ON blobs (object_id) WHERE object_id IS NOT NULL;
`;

/** Bytes that lie in the store cannot be brought back by SQL: such blobs would be lost, so they must be gone first. */
const DOWN = `
DROP INDEX blobs_object_uq;
ALTER TABLE blobs DROP CONSTRAINT blobs_one_place_ck, ALTER COLUMN content SET NOT NULL, DROP COLUMN object_id;
DROP TABLE stored_objects;
`;

/** Lets a blob's bytes lie in an object store instead of in its row. */
export class StoredObjects1764000031000 implements MigrationInterface {
  readonly name = 'StoredObjects1764000031000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

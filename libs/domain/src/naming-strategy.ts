import { DefaultNamingStrategy, type NamingStrategyInterface, type Table } from 'typeorm';

/** PostgreSQL's limit for a name, in bytes. */
const LONGEST = 63;

/** camelCase properties, snake_case columns, and for keys the names that PostgreSQL gives by itself: `<table>_<columns>_key`. */
export class SnakeNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName === undefined || customName === '' ? snakeCase(propertyName) : customName;
  }

  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return snakeCase(`${relationName}_${referencedColumnName}`);
  }

  override primaryKeyName(table: Table | string): string {
    return nameOf(this.getTableName(table), [], 'pkey');
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return nameOf(this.getTableName(table), columns, 'key');
  }

  override foreignKeyName(table: Table | string, columns: string[]): string {
    return nameOf(this.getTableName(table), columns, 'fkey');
  }
}

export function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** As PostgreSQL shortens it: the longer of table and columns loses letters until the whole fits. */
function nameOf(table: string, columns: string[], ending: string): string {
  let first = table.length;
  const joined = columns.join('_');
  let second = joined.length;
  const room = LONGEST - ending.length - (joined === '' ? 1 : 2);
  while (first + second > room) {
    if (first > second) first--;
    else second--;
  }
  return [table.slice(0, first), joined.slice(0, second), ending].filter((part) => part !== '').join('_');
}

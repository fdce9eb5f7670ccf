import { SnakeNamingStrategy, snakeCase } from './naming-strategy';

const names = new SnakeNamingStrategy();

describe('SnakeNamingStrategy', () => {
  it('writes columns in snake_case, and leaves a stated name alone', () => {
    expect(names.columnName('failedLoginCount', undefined)).toBe('failed_login_count');
    expect(names.columnName('keyLast4', undefined)).toBe('key_last4');
    expect(names.columnName('x', 'Stated')).toBe('Stated');
    expect(snakeCase('id')).toBe('id');
  });

  it('names keys as PostgreSQL does', () => {
    expect(names.primaryKeyName('users')).toBe('users_pkey');
    expect(names.uniqueConstraintName('task_attempts', ['task_id', 'number'])).toBe('task_attempts_task_id_number_key');
    expect(names.foreignKeyName('api_keys', ['user_id'])).toBe('api_keys_user_id_fkey');
  });

  it('shortens the longer of table and columns to 63 bytes in all, as PostgreSQL does', () => {
    // From a server: CREATE TABLE a_rather_long_table_name_for_a_test (an_even_longer_column_name_for_a_test integer UNIQUE);
    expect(names.uniqueConstraintName('a_rather_long_table_name_for_a_test', ['an_even_longer_column_name_for_a_test'])).toBe(
      'a_rather_long_table_name_for__an_even_longer_column_name_fo_key',
    );
  });
});

import type { ArgumentMetadata } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { InputPipe } from './input.pipe';
import { checkJson, checkUrl } from './json-shape';
import { isDay, isTimestamp, QueryInt, TextLength } from './rules';

class Step {
  @IsString() title!: string;
}

class Body {
  @TextLength(1, 3) name!: string;
  @IsOptional() @IsInt() @Max(200) turns?: number;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Step) steps?: Step[];
}

class Query {
  @QueryInt(1, 100) limit: number = 20;
}

const pipe = new InputPipe();
const faults = async (value: unknown, type: ArgumentMetadata['type'], metatype: ArgumentMetadata['metatype']) => {
  try {
    await pipe.transform(value, { type, metatype });
    return null;
  } catch (error) {
    const { kind, errors } = error as { kind: { status: number }; errors: { pointer: string; parameter?: string; code: string }[] };
    return [kind.status, ...errors.map((fault) => [fault.parameter ?? fault.pointer, fault.code])];
  }
};

describe('InputPipe', () => {
  it.each([
    [{}, ['/name', 'required']],
    [{ name: 'abcd' }, ['/name', 'invalid_length']],
    [{ name: 'a', turns: 201 }, ['/turns', 'too_large']],
    [{ name: 'a', turns: 1.5 }, ['/turns', 'invalid_type']],
    [{ name: 'a', turns: '5' }, ['/turns', 'invalid_type']],
    [{ name: 'a', more: 1 }, ['/more', 'unknown_field']],
    [{ name: 'a', 'a/b~c': 1 }, ['/a~1b~0c', 'unknown_field']],
    [{ name: 'a', steps: [{ title: 'x' }, { title: 7 }] }, ['/steps/1/title', 'invalid_type']],
    [{ name: 'a', steps: [{ title: 'x', extra: 1 }] }, ['/steps/0/extra', 'unknown_field']],
    [{ name: 'a', steps: ['x'] }, ['/steps/0', 'invalid_type']],
    [{ name: 'a', steps: 'x' }, ['/steps', 'invalid_type']],
  ])('body %j', async (body, fault) => {
    expect(await faults(body, 'body', Body)).toEqual([422, fault]);
  });

  it('counts characters, not UTF-16 units', async () => {
    expect(await faults({ name: '🚀🚀🚀' }, 'body', Body)).toBeNull();
    expect(await faults({ name: '🚀🚀🚀🚀' }, 'body', Body)).not.toBeNull();
  });

  it('reads numbers of a query, and names what is wrong', async () => {
    expect(await pipe.transform({ limit: '7' }, { type: 'query', metatype: Query })).toEqual({ limit: 7 });
    expect(await pipe.transform({}, { type: 'query', metatype: Query })).toEqual({ limit: 20 });
    for (const limit of ['x', '', ' 7', '7.0', '1e1', '0x7', 'Infinity']) expect(await faults({ limit }, 'query', Query)).toEqual([400, ['limit', 'invalid_type']]);
    expect(await faults({ other: '1' }, 'query', Query)).toEqual([400, ['other', 'invalid_parameter']]);
  });
});

describe('dates', () => {
  it.each(['2026-11-23T08:00:00Z', '2026-02-28T23:59:59.999999+14:00', '2028-02-29T00:00:00-08:00'])('%s exists', (text) => expect(isTimestamp(text)).toBe(true));
  it.each(['2026-02-30T00:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-23', '2026-11-23T24:00:00Z', '2026-11-23T08:00:00', '2026-W48-1', '1999-01-01T00:00:00Z', '2026-11-23 08:00:00Z', '', 7, null, '2026-11-23T08:00:00+15:00'])(
    '%s does not',
    (text) => expect(isTimestamp(text)).toBe(false),
  );
  it('days too', () => expect(['2026-02-28', '2026-02-30', '2026-00-10', '2026-1-1', '20260101'].map(isDay)).toEqual([true, false, false, false, false]));
});

describe('JSON shape', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

  it('takes 20 levels and 1,000 keys, and no more', () => {
    expect(() => checkJson(nested(20))).not.toThrow();
    expect(() => checkJson(nested(21))).toThrow('malformed_json');
    expect(() => checkJson(nested(100_000))).toThrow('malformed_json');
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));
    expect(() => checkJson(keys(1_000))).not.toThrow();
    expect(() => checkJson([keys(500), keys(501)])).toThrow('malformed_json');
  });

  it.each([
    ['NUL', { a: ['x\0y'] }, '/a/0'],
    ['half a pair', { 'a/b': '\ud800' }, '/a~1b'],
    ['the other half', { a: 'x\udc00' }, '/a'],
    ['a reserved key', JSON.parse('{"a":{"__proto__":1}}'), '/a/__proto__'],
    ['constructor', { constructor: 1 }, '/constructor'],
  ])('refuses %s', (_name, body, pointer) => {
    let errors: { pointer: string }[] = [];
    try {
      checkJson(body);
    } catch (error) {
      ({ errors } = error as { errors: { pointer: string }[] });
    }
    expect(errors.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('takes whole pairs, and any other text', () => expect(() => checkJson({ a: '🚀 \u200d \uffff ￾' })).not.toThrow());

  it('looks at addresses alike', () => {
    for (const url of ['/a%00b', '/a?q=%00', '/%ff', '/a?q=%ed%a0%80', '/%zz']) expect(() => checkUrl(url)).toThrow('invalid_parameter');
    for (const url of ['/a?q=%F0%9F%9A%80', '/a+b', '/%25']) expect(() => checkUrl(url)).not.toThrow();
  });
});

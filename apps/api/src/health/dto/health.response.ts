import { ApiProperty } from '@nestjs/swagger';

export class LiveResponse {
  @ApiProperty({ enum: ['ok'] }) status!: 'ok';
}

export class ReadyResponse {
  @ApiProperty({ enum: ['ok', 'degraded'] }) status!: 'ok' | 'degraded';
  @ApiProperty({ type: 'object', additionalProperties: { type: 'object', additionalProperties: true }, description: 'By check: status, and message where something is wrong.' })
  checks!: Record<string, object>;
}

export class VersionResponse {
  @ApiProperty() version!: string;
  @ApiProperty() commit!: string;
  @ApiProperty({ enum: ['v1'] }) apiVersion!: 'v1';
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { TextLength } from '../../http/validation/rules';
import { IsCredits } from './rules';

export class SendMessageDto {
  @ApiProperty({ minLength: 1, maxLength: 100_000, description: 'What the agent shall know or do next.' })
  @TextLength(1, 100_000) @Matches(/\S/, { message: 'content must not be blank' })
  content!: string;
}

export class PauseTaskDto {}

export class ResumeTaskDto {
  @ApiPropertyOptional({ type: 'number', description: 'The new cap of the task in credits, at most 6 decimals; absent: as before.' })
  @IsOptional() @IsCredits()
  maxCredits?: number;
}

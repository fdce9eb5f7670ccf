import { ApiProperty } from '@nestjs/swagger';

/** One kind of error, explained. */
export class ProblemKindResponse {
  @ApiProperty({ example: 'insufficient_credits', description: 'As in the member `code` of a problem.' }) code!: string;
  @ApiProperty({ type: 'integer', example: 402, description: 'The HTTP status.' }) status!: number;
  @ApiProperty({ example: 'Not enough credits' }) title!: string;
  @ApiProperty({ example: 'Buy credits, wait for the next period, or lower `maxCredits`.', description: 'What to do.' }) advice!: string;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: { required: 'Credits that are needed.' }, description: 'Members beside the standard ones, by name.' })
  members!: Record<string, string>;
  @ApiProperty({ example: 'https://api.example.com/problems/insufficient-credits', description: 'This page.' }) url!: string;
}

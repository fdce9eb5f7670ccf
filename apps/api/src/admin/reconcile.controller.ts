import { RECONCILED, reconcileNow, type Unexplained } from '@app/billing';
import { Clock } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { ForStaff } from './for-staff';

export class UnexplainedResponse {
  @ApiProperty() rule!: string;
  @ApiProperty({ description: 'Which account, task, budget, purchase or row.' }) subject!: string;
  @ApiProperty({ description: 'Microcredits or nano-USD, as text.' }) expected!: string;
  @ApiProperty() found!: string;

  static from({ rule, subject, expected, found }: Unexplained): UnexplainedResponse {
    return { rule, subject, expected: expected.toString(), found: found.toString() };
  }
}

export class ReconciliationResponse {
  @ApiProperty({ format: 'date-time' }) checkedAt!: string;
  @ApiProperty({ description: 'Nothing is left unexplained.' }) ok!: boolean;
  @ApiProperty({ type: [String], description: 'What was compared.' }) rules!: string[];
  @ApiProperty({ type: [UnexplainedResponse] }) unexplained!: UnexplainedResponse[];
}

/** Whether every credit is explained. */
@Controller('admin/reconcile')
export class AdminReconcileController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  @ForStaff('support')
  @Get('credits')
  @ApiOperation({ summary: 'Compare all sums of the ledger that must be equal', description: 'As `npm run reconcile` does, at one moment. It reads the whole ledger.' })
  @ApiOkResponse({ type: ReconciliationResponse })
  async credits(): Promise<ReconciliationResponse> {
    const unexplained = (await reconcileNow(this.unitOfWork.reader)).map((one) => UnexplainedResponse.from(one));
    return { checkedAt: this.clock.now().toISOString(), ok: unexplained.length === 0, rules: [...RECONCILED], unexplained };
  }
}

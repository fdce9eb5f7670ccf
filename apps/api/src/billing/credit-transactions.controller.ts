import { pipeline } from 'node:stream/promises';
import { CreditAccountStore, type TransactionFilter, type TransactionRow } from '@app/billing';
import { AppError, Logger, NOT_ACCEPTABLE, type PageKey } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { Problems } from '../http/openapi/problems.decorator';
import { Pager } from '../http/paging/pager';
import { LongLived } from '../http/server/deadline';
import { transactionsCsv } from './credit-transactions.csv';
import { CreditTransactionQuery, CreditTransactionResponse } from './dto/credit-transaction.response';

const FORMATS = ['application/json', 'text/csv'];
const ROWS_AT_ONCE = 1_000;

/** The customer's view of the ledger. */
@ApiTags('Billing')
@Controller('credits/transactions')
export class CreditTransactionsController {
  constructor(
    private readonly accounts: CreditAccountStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
    private readonly logger: Logger,
  ) {}

  @Policy({ scope: 'billing:read' })
  @LongLived()
  @Get()
  @ApiOperation({
    summary: 'List what moved the credits',
    description: 'The newest first, by number. With `Accept: text/csv` all that match, as one download without pages.',
  })
  @ApiExtraModels(CreditTransactionResponse)
  @ApiOkResponse({
    description: 'A page. `Link` names the next one.',
    content: {
      'application/json': {
        schema: {
          type: 'object', required: ['data', 'nextCursor'], additionalProperties: false,
          properties: { data: { type: 'array', items: { $ref: getSchemaPath(CreditTransactionResponse) } }, nextCursor: { type: 'string', nullable: true } },
        },
      },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @Problems(NOT_ACCEPTABLE)
  async list(@Query() query: CreditTransactionQuery, @CurrentPrincipal() { organizationId }: Principal, @Req() request: HttpRequest, @Res() response: Response): Promise<void> {
    const format = request.accepts(FORMATS);
    if (format === false) throw new AppError(NOT_ACCEPTABLE, `There are ${FORMATS.join(' and ')}.`);
    const page = this.pager.open(query, request);
    const filter: TransactionFilter = { organizationId, type: query.type, taskId: query.taskId, from: timeOf(query.from), to: timeOf(query.to) };
    if (format === 'text/csv') return this.download(filter, query.order, response);
    const rows = await this.accounts.transactions(this.unitOfWork.reader, filter, page.request);
    response.json(page.close(rows, (row) => CreditTransactionResponse.from(row), response));
  }

  private async download(filter: TransactionFilter, order: 'asc' | 'desc', response: Response): Promise<void> {
    response.type('text/csv').setHeader('Content-Disposition', 'attachment; filename="credit-transactions.csv"');
    if (response.req.method === 'HEAD') return void response.end();
    await pipeline(transactionsCsv(this.all(filter, order)), response).catch((error: unknown) => this.logger.warn('a download broke off', { organizationId: filter.organizationId, err: error }));
  }

  private async *all(filter: TransactionFilter, order: 'asc' | 'desc'): AsyncGenerator<TransactionRow> {
    let after: PageKey | null = null;
    do {
      const page: Awaited<ReturnType<CreditAccountStore['transactions']>> = await this.accounts.transactions(this.unitOfWork.reader, filter, { limit: ROWS_AT_ONCE, order, after });
      yield* page.rows;
      after = page.next;
    } while (after !== null);
  }
}

function timeOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

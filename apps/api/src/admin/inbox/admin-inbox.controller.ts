import { AppError, notFound } from '@app/common';
import { recordAudit, UnitOfWork, WebhookInboxAdminStore } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { ForStaff } from '../for-staff';
import type { HttpRequest } from '../../http/http-request';
import { ApiPage } from '../../http/openapi/answers';
import { Problems } from '../../http/openapi/problems.decorator';
import type { PageResponse } from '../../http/paging/page.query';
import { Pager } from '../../http/paging/pager';
import { IdParam } from '../../http/validation/id.param';
import { InboxDeliveryResponse, InboxQuery } from './inbox.dto';
import { WEBHOOK_NOT_REPLAYABLE } from './inbox.errors';

/** Webhooks that came in, for the platform's staff. */
@Controller('admin/webhook-deliveries')
export class AdminInboxController {
  constructor(
    private readonly inbox: WebhookInboxAdminStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobProducer,
    private readonly pager: Pager,
  ) {}

  @ForStaff('support')
  @Get()
  @ApiOperation({ summary: 'List webhooks that came in', description: 'From GitHub, Stripe and Clerk, with what became of them; without what they say. Newest first.' })
  @ApiPage(InboxDeliveryResponse)
  async list(@Query() query: InboxQuery, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<InboxDeliveryResponse>> {
    const page = this.pager.open(query, request);
    const { source, status, eventType } = query;
    return page.close(await this.inbox.list(this.unitOfWork.reader, { source, status, eventType }, page.request), (row) => InboxDeliveryResponse.from(row), response);
  }

  @ForStaff('admin')
  @HttpCode(200)
  @Post(':id/replay')
  @ApiOperation({ summary: 'Work on a webhook again', description: 'Whatever became of it. Each of its effects stands the repeat.' })
  @ApiOkResponse({ type: InboxDeliveryResponse })
  @Problems(WEBHOOK_NOT_REPLAYABLE)
  async replay(@IdParam() id: string): Promise<InboxDeliveryResponse> {
    const row = await this.unitOfWork.run(async (tx) => {
      const known = await this.inbox.find(tx, id);
      if (!known) throw notFound();
      const replayed = await this.inbox.replay(tx, id);
      if (!replayed) throw new AppError(WEBHOOK_NOT_REPLAYABLE, 'It is being worked on, or waits for its next try, or its body was blanked.');
      await recordAudit(tx, { organizationId: null, action: 'webhook.replayed', targetType: 'webhook_delivery', targetId: id, changes: { source: known.source, status: known.status } });
      return replayed;
    });
    void this.jobs.enqueue('webhook-delivery', { deliveryId: id });
    return InboxDeliveryResponse.from(row);
  }
}

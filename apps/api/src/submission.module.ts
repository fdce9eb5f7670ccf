import { MessagingModule } from '@app/messaging';
import { SubmissionModule } from '@app/submission';
import { DatabaseModule } from './database.module';

/** How tasks come in; an area's module imports it. */
export const submissionModule = SubmissionModule.with([DatabaseModule, MessagingModule.forProducer()]);

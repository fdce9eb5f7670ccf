import { FollowUpFindings } from './followed-findings';
import { ReviewAccess } from './review-access';
import { ReviewCi } from './review-ci';
import { ReviewDelivery, ReviewLedger } from './review-delivery';
import { ReviewPublisher } from './review-publisher';
import { ReviewRepository } from './review-repository';
import { ReviewRows, ReviewStep } from './review-step';
import { ReviewSubjects } from './review-subject';
import { SecondPass } from './second-pass';
import { SummaryStep } from './summary-step';
import { ThreadStep } from './thread-step';

/** Providers of reviews of pull requests. */
export const REVIEWING = [FollowUpFindings, ReviewAccess, ReviewCi, ReviewDelivery, ReviewLedger, ReviewPublisher, ReviewRepository, ReviewRows, ReviewStep, ReviewSubjects, SecondPass, SummaryStep, ThreadStep];

from datetime import date, timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import OperationalError, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from orders.models import Order

from reports.models import DailyReport

logger = get_task_logger(__name__)


@shared_task(
    name="reports.daily_report", autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5, idempotent=True
)
def daily_report(day=None):
    day = date.fromisoformat(day) if day else timezone.localdate() - timedelta(days=1)
    totals = Order.objects.filter(created_at__date=day, status="paid").aggregate(
        orders=Count("pk"), revenue=Sum("total")
    )
    with transaction.atomic():
        report, _ = DailyReport.objects.update_or_create(
            day=day, defaults={"orders": totals["orders"], "revenue": totals["revenue"] or 0}
        )
        mail_report.delay_on_commit(report.pk)
    logger.info("report for %s created", day)


@shared_task(name="reports.mail_report", autoretry_for=(OSError,), retry_backoff=5, max_retries=6, idempotent=True)
def mail_report(report_id):
    report = DailyReport.objects.filter(pk=report_id, mailed_at=None).first()
    if report is None:
        return
    message = EmailMessage(
        f"Sales of {report.day}",
        f"{report.orders} orders, {report.revenue} EUR",
        to=settings.REPORT_RECIPIENTS,
        headers={"Message-ID": f"<report-{report.day}@shop.example>"},
    )
    message.send()
    DailyReport.objects.filter(pk=report_id).update(mailed_at=timezone.now())

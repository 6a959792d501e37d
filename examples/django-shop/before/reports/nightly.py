from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, Sum
from django.utils import timezone
from orders.models import Order

from reports.models import DailyReport


@shared_task
def daily_report():
    day = timezone.localdate() - timedelta(days=1)
    totals = Order.objects.filter(created_at__date=day, status="paid").aggregate(
        orders=Count("pk"), revenue=Sum("total")
    )
    report = DailyReport.objects.create(day=day, orders=totals["orders"], revenue=totals["revenue"] or 0)
    print("report for", day, "created")
    send_mail(
        f"Sales of {day}",
        f"{report.orders} orders, {report.revenue} EUR",
        None,
        settings.REPORT_RECIPIENTS,
    )

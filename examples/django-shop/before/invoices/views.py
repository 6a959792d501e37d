import csv

from celery.result import AsyncResult
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from invoices.tasks import export_orders


@require_POST
def start_export(request):
    result = export_orders.delay(request.POST["since"])
    return JsonResponse({"task": result.id}, status=202)


def download_export(request, task_id):
    result = AsyncResult(task_id)
    if not result.successful():
        return JsonResponse({"state": result.state})
    response = HttpResponse(content_type="text/csv")
    writer = csv.DictWriter(response, fieldnames=["number", "customer__email", "status", "total"])
    writer.writeheader()
    writer.writerows(result.result)
    return response

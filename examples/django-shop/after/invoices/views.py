from pathlib import Path

from django.db import transaction
from django.http import FileResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from invoices.models import Export
from invoices.tasks import export_orders


@require_POST
def start_export(request):
    with transaction.atomic():
        export = Export.objects.create(since=request.POST["since"])
        export_orders.delay_on_commit(export.pk)
    return JsonResponse({"export": export.pk}, status=202)


def download_export(request, export_id):
    export = get_object_or_404(Export, pk=export_id)
    if export.finished_at is None:
        return JsonResponse({"state": "running"})
    return FileResponse(Path(export.path).open("rb"), as_attachment=True, filename=f"orders-{export.since}.csv")

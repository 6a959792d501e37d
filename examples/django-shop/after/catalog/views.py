import uuid

from django.conf import settings
from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from catalog.models import ProductImport
from catalog.tasks import import_products


@require_POST
def import_products_view(request):
    path = settings.MEDIA_ROOT / "imports" / f"{uuid.uuid4()}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        for chunk in request.FILES["file"].chunks():
            target.write(chunk)
    with transaction.atomic():
        product_import = ProductImport.objects.create(path=str(path))
        import_products.delay_on_commit(product_import.pk)
    return JsonResponse({"import": product_import.pk}, status=202)

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from catalog.tasks import import_products


@require_POST
def import_products_view(request):
    result = import_products.delay(request.FILES["file"].read().decode())
    return JsonResponse({"task": result.id}, status=202)

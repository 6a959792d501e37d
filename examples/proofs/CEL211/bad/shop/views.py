from shop.tasks import log_visit


def show_page(request):
    log_visit.delay(request)

// Whether the two dates of the range are being asked for: by the bar's button or by `d`.

class Dating {
  open = $state(false);
}

export const dating = new Dating();

// What lsblk 2.38 prints for the columns that cluster-os-install asks for, of machines as they are met.

/** A server that was started from a stick: an NVMe disk with Windows, a blank one, and a DVD drive. */
export const stickAndDisks = `{
   "blockdevices": [
      {
         "name": "sda",
         "kname": "sda",
         "path": "/dev/sda",
         "maj:min": "8:0",
         "type": "disk",
         "size": 15518924800,
         "ro": false,
         "rm": true,
         "hotplug": true,
         "mountpoints": [
             null
         ],
         "model": "Cruzer Blade    ",
         "serial": "4C530001230101116374",
         "tran": "usb",
         "children": [
            {
               "name": "sda1",
               "kname": "sda1",
               "path": "/dev/sda1",
               "maj:min": "8:1",
               "type": "part",
               "size": 1048576,
               "ro": false,
               "rm": true,
               "hotplug": true,
               "mountpoints": [
                   null
               ],
               "model": null,
               "serial": null,
               "tran": null
            },{
               "name": "sda2",
               "kname": "sda2",
               "path": "/dev/sda2",
               "maj:min": "8:2",
               "type": "part",
               "size": 67108864,
               "ro": false,
               "rm": true,
               "hotplug": true,
               "mountpoints": [
                   "/boot/efi"
               ],
               "model": null,
               "serial": null,
               "tran": null
            },{
               "name": "sda3",
               "kname": "sda3",
               "path": "/dev/sda3",
               "maj:min": "8:3",
               "type": "part",
               "size": 15448670720,
               "ro": false,
               "rm": true,
               "hotplug": true,
               "mountpoints": [
                   "/"
               ],
               "model": null,
               "serial": null,
               "tran": null
            }
         ]
      },{
         "name": "sr0",
         "kname": "sr0",
         "path": "/dev/sr0",
         "maj:min": "11:0",
         "type": "rom",
         "size": 1073741312,
         "ro": false,
         "rm": true,
         "hotplug": true,
         "mountpoints": [
             null
         ],
         "model": "HL-DT-ST DVDRAM GU90N",
         "serial": "KLXI5QA3542",
         "tran": "sata"
      },{
         "name": "nvme0n1",
         "kname": "nvme0n1",
         "path": "/dev/nvme0n1",
         "maj:min": "259:0",
         "type": "disk",
         "size": 512110190592,
         "ro": false,
         "rm": false,
         "hotplug": false,
         "mountpoints": [
             null
         ],
         "model": "SAMSUNG MZVLB512HBJQ-000L7",
         "serial": "S4EWNX0R123456",
         "tran": "nvme",
         "children": [
            {
               "name": "nvme0n1p1",
               "kname": "nvme0n1p1",
               "path": "/dev/nvme0n1p1",
               "maj:min": "259:1",
               "type": "part",
               "size": 272629760,
               "ro": false,
               "rm": false,
               "hotplug": false,
               "mountpoints": [
                   null
               ],
               "model": null,
               "serial": null,
               "tran": "nvme"
            },{
               "name": "nvme0n1p2",
               "kname": "nvme0n1p2",
               "path": "/dev/nvme0n1p2",
               "maj:min": "259:2",
               "type": "part",
               "size": 511836160000,
               "ro": false,
               "rm": false,
               "hotplug": false,
               "mountpoints": [
                   null
               ],
               "model": null,
               "serial": null,
               "tran": "nvme"
            }
         ]
      },{
         "name": "nvme1n1",
         "kname": "nvme1n1",
         "path": "/dev/nvme1n1",
         "maj:min": "259:3",
         "type": "disk",
         "size": 1024209543168,
         "ro": false,
         "rm": false,
         "hotplug": false,
         "mountpoints": [
             null
         ],
         "model": "WDC PC SN730 SDBQNTY-1T00",
         "serial": "20351M800123",
         "tran": "nvme"
      }
   ]
}
`;

export const stickMounts = `22 28 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
28 1 8:3 / / rw,relatime shared:1 - ext4 /dev/sda3 rw,errors=remount-ro
41 28 8:2 / /boot/efi rw,relatime shared:22 - vfat /dev/sda2 rw,fmask=0077,dmask=0077
60 28 0:45 / /run/user/0 rw,nosuid,nodev,relatime shared:300 - tmpfs tmpfs rw,size=402400k
`;

/** A server whose root is a volume on a RAID of two disks; a third disk is swap, a fourth belongs to an encrypted volume. */
export const raidServer = `{
   "blockdevices": [
      {
         "name": "sda", "kname": "sda", "path": "/dev/sda", "maj:min": "8:0", "type": "disk", "size": 2000398934016,
         "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": "ST2000NM0055", "serial": "ZC20A1B2", "tran": "sata",
         "children": [
            {
               "name": "md0", "kname": "md0", "path": "/dev/md0", "maj:min": "9:0", "type": "raid1", "size": 2000264626176,
               "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": null, "serial": null, "tran": null,
               "children": [
                  {
                     "name": "vg0-root", "kname": "dm-0", "path": "/dev/mapper/vg0-root", "maj:min": "254:0", "type": "lvm", "size": 107374182400,
                     "ro": false, "rm": false, "hotplug": false, "mountpoints": ["/"], "model": null, "serial": null, "tran": null
                  }
               ]
            }
         ]
      },{
         "name": "sdb", "kname": "sdb", "path": "/dev/sdb", "maj:min": "8:16", "type": "disk", "size": 2000398934016,
         "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": "ST2000NM0055", "serial": "ZC20C3D4", "tran": "sata",
         "children": [
            {
               "name": "md0", "kname": "md0", "path": "/dev/md0", "maj:min": "9:0", "type": "raid1", "size": 2000264626176,
               "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": null, "serial": null, "tran": null,
               "children": [
                  {
                     "name": "vg0-root", "kname": "dm-0", "path": "/dev/mapper/vg0-root", "maj:min": "254:0", "type": "lvm", "size": 107374182400,
                     "ro": false, "rm": false, "hotplug": false, "mountpoints": ["/"], "model": null, "serial": null, "tran": null
                  }
               ]
            }
         ]
      },{
         "name": "sdc", "kname": "sdc", "path": "/dev/sdc", "maj:min": "8:32", "type": "disk", "size": 500107862016,
         "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": "Samsung SSD 860", "serial": "S3Z8NB0K", "tran": "sata",
         "children": [
            {
               "name": "sdc1", "kname": "sdc1", "path": "/dev/sdc1", "maj:min": "8:33", "type": "part", "size": 500106788864,
               "ro": false, "rm": false, "hotplug": false, "mountpoints": ["[SWAP]"], "model": null, "serial": null, "tran": null
            }
         ]
      },{
         "name": "sdd", "kname": "sdd", "path": "/dev/sdd", "maj:min": "8:48", "type": "disk", "size": 500107862016,
         "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": "Samsung SSD 860", "serial": "S3Z8NB0L", "tran": "sata",
         "children": [
            {
               "name": "sdd1", "kname": "sdd1", "path": "/dev/sdd1", "maj:min": "8:49", "type": "part", "size": 500106788864,
               "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": null, "serial": null, "tran": null,
               "children": [
                  {
                     "name": "secret", "kname": "dm-1", "path": "/dev/mapper/secret", "maj:min": "254:1", "type": "crypt", "size": 500090011648,
                     "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": null, "serial": null, "tran": null
                  }
               ]
            }
         ]
      },{
         "name": "sde", "kname": "sde", "path": "/dev/sde", "maj:min": "8:64", "type": "disk", "size": 500107862016,
         "ro": true, "rm": false, "hotplug": false, "mountpoints": [null], "model": "Locked", "serial": null, "tran": "sata"
      }
   ]
}
`;

export const raidMounts = '25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg0-root rw\n';

/** A live system: the root is an overlay over a squashfs in a file on the stick, and nothing else of the stick is mounted where one would look. */
export const liveSystem = `{
   "blockdevices": [
      {
         "name": "loop0", "kname": "loop0", "path": "/dev/loop0", "maj:min": "7:0", "type": "loop", "size": 734003200,
         "ro": true, "rm": false, "hotplug": false, "mountpoints": ["/run/live/rootfs/filesystem.squashfs"], "model": null, "serial": null, "tran": null
      },{
         "name": "sda", "kname": "sda", "path": "/dev/sda", "maj:min": "8:0", "type": "disk", "size": 15518924800,
         "ro": false, "rm": true, "hotplug": true, "mountpoints": [null], "model": "Cruzer Blade", "serial": "4C53", "tran": "usb",
         "children": [
            {
               "name": "sda1", "kname": "sda1", "path": "/dev/sda1", "maj:min": "8:1", "type": "part", "size": 15517876224,
               "ro": false, "rm": true, "hotplug": true, "mountpoints": ["/run/live/medium"], "model": null, "serial": null, "tran": null
            }
         ]
      },{
         "name": "vda", "kname": "vda", "path": "/dev/vda", "maj:min": "254:0", "type": "disk", "size": 8589934592,
         "ro": false, "rm": false, "hotplug": false, "mountpoints": [null], "model": null, "serial": "TARGET", "tran": "virtio"
      }
   ]
}
`;

export const liveMounts = `28 1 0:30 / / rw,noatime shared:1 - overlay overlay rw,lowerdir=/run/live/rootfs/filesystem.squashfs/,upperdir=/run/live/overlay/rw,workdir=/run/live/overlay/work,redirect_dir=on
30 28 0:22 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=402400k,mode=755
31 30 8:1 / /run/live/medium ro,noatime shared:2 - vfat /dev/sda1 ro
32 30 7:0 / /run/live/rootfs/filesystem.squashfs ro,noatime shared:3 - squashfs /dev/loop0 ro
33 30 0:31 / /run/live/overlay rw,noatime shared:4 - tmpfs tmpfs rw
`;
